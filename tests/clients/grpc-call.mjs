// Calls a method of the gateway's service with what people write as JSON, as grpcurl does:
//   node tests/clients/grpc-call.mjs localhost:8080 InvokeStream '{"text":"ping"}'
// Prints each message that comes as a line of JSON, and last the call's status. METADATA is sent along (JSON), DEADLINE_MS is the time the call has, and behind
// LEAVE_AFTER messages the call is left.
import {credentials, loadPackageDefinition, Metadata, status} from '@grpc/grpc-js';
import {loadSync} from '@grpc/proto-loader';
import {fileURLToPath} from 'node:url';

const [address, method, request] = process.argv.slice(2);
const {METADATA: metadata, DEADLINE_MS: deadline, LEAVE_AFTER: most} = process.env;

const proto = fileURLToPath(new URL('../../src/Api/Rpc/gateway.proto', import.meta.url));
const {sluice} = loadPackageDefinition(loadSync(proto, {keepCase: true, longs: Number, enums: String, bytes: String, oneofs: false}));
const client = new sluice.v1.AgentGateway(address, credentials.createInsecure());

const headers = new Metadata();
for (const [name, value] of Object.entries(JSON.parse(metadata || '{}'))) headers.set(name, value);
const options = deadline ? {deadline: Date.now() + Number(deadline)} : {};

const print = message => console.log(JSON.stringify(message));
const end = ({code, details, metadata}) => {
  const trailers = Object.fromEntries(Object.entries(metadata.getMap()).filter(([name]) => !name.endsWith('-bin')));
  print({status: status[code], ...(details && {details}), ...(Object.keys(trailers).length && {trailers})});
  client.close();
};

if (sluice.v1.AgentGateway.service[method].responseStream) {
  let left = most ? Number(most) : Infinity;
  const call = client[method](JSON.parse(request), headers, options);
  call.on('data', event => {
    print(event);
    if (--left === 0) call.cancel();
  });
  call.on('error', () => {}); // The status says it.
  call.on('status', end);
} else {
  const call = client[method](JSON.parse(request), headers, options, (error, answer) => answer && print(answer));
  call.on('status', end);
}
