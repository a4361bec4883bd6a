'use strict';
// The chat client: makes one call, and reports it in JSON lines.

const { once } = require('node:events');
const zlib = require('node:zlib');
const grpc = require('@grpc/grpc-js');
const flags = require('../flags');
const { chat } = require('../proto').load('chat/chat.proto');

const CALLS = {
  unary: { method: 'SayHello' },
  'server-streaming': { method: 'BroadcastMessages', streamsResponses: true },
  'client-streaming': { method: 'UploadStream', streamsRequests: true },
  bidi: { method: 'ChatStream', streamsRequests: true, streamsResponses: true },
};
const UNSUPPORTED = 127;

function parseFlags() {
  const text = { type: 'string' };
  const options = {
    server: { type: 'string', default: '127.0.0.1:50051' },
    call: text,
    user: { type: 'string', default: 'Marko' },
    content: { type: 'string', multiple: true },
    size: text,
    count: text,
    deadline: text,
    'cancel-after': text,
    hold: { type: 'boolean', default: false },
  };
  return flags.parse(options, (values) => {
    if (values.call === undefined) throw new Error('--call is missing');
    if (values.content && values.size) throw new Error('--size and --content exclude each other');
    for (const flag of ['size', 'count', 'deadline', 'cancel-after']) {
      if (values[flag] !== undefined) values[flag] = flags.natural(flag, values[flag]);
    }
    return values;
  });
}

/** What these flags ask for that can't be had; undefined if there is nothing. */
function unsupported({ call, hold, count }) {
  if (!Object.hasOwn(CALLS, call)) return `--call ${call}`;
  if (CALLS[call].streamsRequests) return undefined;
  if (hold) return `--hold with --call ${call}`;
  if (![undefined, 1].includes(count)) return `--count ${count} with --call ${call}`;
  return undefined;
}

function* messages({ user, content, size, count }) {
  const contents = size === undefined ? (content ?? ['']) : ['a'.repeat(size)];
  for (let n = 1; n <= (count ?? contents.length); n += 1) {
    const text = contents[(n - 1) % contents.length];
    yield { user, content: text.replaceAll('{n}', String(n)) };
  }
}

function report(event) {
  process.stdout.write(`${JSON.stringify(event)}\n`);
}

function reportMessage({ user, content }) {
  const bytes = Buffer.from(content);
  if (bytes.length <= 1024) {
    report({ event: 'message', user, content });
  } else {
    report({ event: 'message', user, length: bytes.length, crc32: zlib.crc32(bytes) });
  }
}

/** Starts the call; `done` is given its status, after all messages. */
function start(client, args, onMessage, done) {
  const { method, streamsRequests, streamsResponses } = CALLS[args.call];
  const options = args.deadline === undefined ? {} : { deadline: Date.now() + args.deadline };
  const request = streamsRequests ? [] : [messages(args).next().value];

  if (!streamsResponses) {
    return client[method](...request, options, (error, response) => {
      if (!error) onMessage(response);
      done(error ?? { code: grpc.status.OK, details: '' });
    });
  }
  const call = client[method](...request, options);
  call.on('data', onMessage);
  call.on('error', () => {}); // The status says it as well.
  const status = new Promise((resolve) => call.on('status', resolve));
  call.on('end', async () => done(await status));
  return call;
}

async function send(call, args, ended) {
  for (const message of messages(args)) {
    if (ended.aborted) return;
    if (!call.write(message)) await once(call, 'drain', { signal: ended });
  }
  if (!args.hold) call.end();
}

function main() {
  const args = parseFlags();
  const problem = unsupported(args);
  if (problem) {
    console.error(`unsupported: ${problem}`);
    process.exit(UNSUPPORTED);
  }

  const client = new chat.ChatService(args.server, grpc.credentials.createInsecure());
  const ended = new AbortController();
  let received = 0;
  const onMessage = (message) => {
    reportMessage(message);
    received += 1;
    if (received === args['cancel-after']) call.cancel();
  };
  const call = start(client, args, onMessage, ({ code, details }) => {
    report({ event: 'status', code: grpc.status[code], message: details });
    ended.abort();
    client.close();
  });
  if (args['cancel-after'] === 0) {
    call.cancel();
  } else if (CALLS[args.call].streamsRequests) {
    send(call, args, ended.signal).catch(() => {}); // The call has ended: its status knows why.
  }
}

main();
