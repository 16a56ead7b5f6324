// Google's own client against the emulator: REST, credentials from its metadata server.
// Prints one JSON object with what each step returned.
import aiplatform from '@google-cloud/aiplatform';

const endpoint = new URL(process.env.EMULATOR_ADDRESS);
const options = {
  apiEndpoint: endpoint.hostname,
  port: Number(endpoint.port),
  protocol: 'http',
  fallback: true,
};
const engine = id => `projects/my-project/locations/us-central1/reasoningEngines/${id}`;

const execution = new aiplatform.v1.ReasoningEngineExecutionServiceClient(options);
const text = value => ({fields: {text: {stringValue: value}}});
const result = {};

const [answer] = await execution.queryReasoningEngine({name: engine('echo'), input: text('ping')});
result.output = answer.output.stringValue;

try {
  await execution.queryReasoningEngine({name: engine('adk'), classMethod: 'query', input: text('ping')});
} catch (error) {
  result.error = {code: error.code, message: error.message};
}

const sessions = new aiplatform.v1beta1.SessionServiceClient(options);
const [operation] = await sessions.createSession({parent: engine('adk'), session: {userId: 'u1'}});
const [session] = await operation.promise();
result.session = session.name;
const [events] = await sessions.listEvents({parent: session.name});
result.events = events.length;

const engines = new aiplatform.v1beta1.ReasoningEngineServiceClient(options);
const [resource] = await engines.getReasoningEngine({name: engine('adk')});
result.methods = resource.spec.classMethods.map(m => m.fields.name.stringValue);

console.log(JSON.stringify(result));
