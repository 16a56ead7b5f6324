// Follows a turn as a page would: an EventSource on URL, which reconnects and stops as the standard says. With BODY it asks by POST instead, with the fetch the
// page gives it, and stops at the turn's last event itself.
// Prints one JSON object with what came, how often the connection was opened, and whether it is closed for good.
import {EventSource} from 'eventsource';

const {URL: url, BODY: body} = process.env;
const posting = (address, init) =>
  fetch(address, {...init, method: 'POST', body, headers: {...init.headers, 'Content-Type': 'application/json'}});

const source = new EventSource(url, body ? {fetch: posting} : {});
const result = {opened: 0, ids: [], chunks: [], told: [], ends: []};
// The timer it reconnects by does not keep a process alive.
const alive = setInterval(() => {}, 60_000);
const finish = () => {
  clearInterval(alive);
  source.close();
  console.log(JSON.stringify(result));
};

source.addEventListener('open', () => result.opened++);
source.addEventListener('message', event => {
  result.ids.push(event.lastEventId);
  result.chunks.push(JSON.parse(event.data).chunk);
});
source.addEventListener('done', event => {
  result.ids.push(event.lastEventId);
  result.ends.push(JSON.parse(event.data));
  if (body) finish();
});
source.addEventListener('error', event => {
  // The gateway's own, in words; the standard's has none.
  if (event.data) result.told.push(JSON.parse(event.data).code);
  // Otherwise it is about to reconnect.
  if (source.readyState !== EventSource.CLOSED) return;
  result.closedWith = event.code;
  finish();
});
