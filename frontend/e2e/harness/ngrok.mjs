// Stands in for ngrok: a real reverse proxy from a public address to the server, which prints what ngrok prints, and
// like free tunnels lets no WebSocket through. It gets the way it does: HTTPS, the certificate unchecked, the Host as
// the phone named it. PUBLIC_NAME is its name, PUBLIC_PEM holds its certificate and key, PASSED lists what passed.
import { appendFileSync, readFileSync } from 'node:fs';
import { createServer, request } from 'node:https';

const [protocol, upstream = ''] = process.argv.slice(2);
const { PUBLIC_NAME = '', PUBLIC_PEM = '', PASSED = '' } = process.env;
if (protocol !== 'http' || !process.argv.slice(2).join(' ').endsWith('--log stdout --log-format json')) {
  throw new Error(`ngrok knows no ${process.argv.slice(2).join(' ')}`);
}
const note = (line) => appendFileSync(PASSED, `${line}\n`);
const pem = readFileSync(PUBLIC_PEM);

const proxy = createServer({ key: pem, cert: pem }, (from, to) => {
  // Addresses hold tokens, which is no matter in a test.
  note(`${from.method} ${from.url}`);
  const { method, headers } = from;
  const onward = request(new URL(from.url ?? '', upstream), {
    method,
    headers: { ...headers, 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' },
    rejectUnauthorized: false,
  });
  onward.on('response', (answer) => {
    answer.on('error', () => to.destroy());
    to.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(to);
  });
  onward.on('error', () => to.destroy());
  to.on('close', () => onward.destroy());
  from.pipe(onward);
});
proxy.on('upgrade', (from, socket) => {
  note(`UPGRADE ${from.url}`);
  socket.end('HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\n\r\n');
});
proxy.listen(0, '127.0.0.1', () => {
  const url = `https://${PUBLIC_NAME}:${proxy.address().port}`;
  const record = {
    addr: upstream,
    lvl: 'info',
    msg: 'started tunnel',
    name: 'command_line',
    obj: 'tunnels',
    url,
  };
  process.stdout.write(`${JSON.stringify(record)}\n`);
});
