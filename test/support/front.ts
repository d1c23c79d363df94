import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '@helix/pacing/testing';
import { freePort } from './free-port.js';

/** What stands between agents and the API. */
export interface Front {
  readonly url: string;
  close(): Promise<void>;
}

/** A proxy in a few lines: passes bytes on, and answers 502 while no server listens behind it. */
async function small(apiPort: number): Promise<Front> {
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const api = connect(apiPort, '127.0.0.1');
    for (const socket of [client, api]) {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('error', () => api.destroy());
    client.on('close', () => api.destroy());
    let isConnected = false;
    api.on('connect', () => {
      isConnected = true;
      client.pipe(api);
      api.pipe(client);
    });
    api.on('error', () => {
      if (isConnected) client.destroy();
      else client.end('HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

type ConfigOf = (port: number, apiPort: number, folder: string) => string;

const nginxConfig: ConfigOf = (port, apiPort, folder) => `
daemon off;
pid ${folder}/pid;
error_log ${folder}/error.log;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${folder}/${name};`).join('\n  ')}
  server {
    listen 127.0.0.1:${String(port)};
    location / {
      proxy_pass http://127.0.0.1:${String(apiPort)};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $http_connection;
    }
  }
}
`;

const haproxyConfig: ConfigOf = (port, apiPort) => `
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  timeout tunnel 1h
frontend front
  bind 127.0.0.1:${String(port)}
  default_backend api
backend api
  server api 127.0.0.1:${String(apiPort)}
`;

async function program(
  apiPort: number,
  configOf: ConfigOf,
  argsOf: (file: string) => readonly [string, ...string[]],
): Promise<Front> {
  const folder = mkdtempSync(path.join(tmpdir(), 'helix-front-'));
  const port = await freePort();
  const file = path.join(folder, 'config');
  writeFileSync(file, configOf(port, apiPort, folder));
  const [name, ...args] = argsOf(file);
  const child = spawn(name, args, { stdio: 'ignore' });
  const exited = once(child, 'exit');
  const url = `http://127.0.0.1:${String(port)}`;
  await eventually(async () => {
    await (await fetch(`${url}/healthz`)).body?.cancel();
  });
  return {
    url,
    close: async () => {
      child.kill('SIGTERM');
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
}

const FRONTS: Readonly<Record<string, (apiPort: number) => Promise<Front>>> = {
  'a small proxy': small,
  nginx: (apiPort) => program(apiPort, nginxConfig, (file) => ['nginx', '-c', file]),
  haproxy: (apiPort) => program(apiPort, haproxyConfig, (file) => ['haproxy', '-db', '-f', file]),
};

/** All that can be tried on this machine; says which cannot. */
export function frontsHere(): readonly (readonly [string, (apiPort: number) => Promise<Front>])[] {
  return Object.entries(FRONTS).filter(([name]) => {
    const isHere = name === 'a small proxy' || spawnSync(name, ['-v']).error === undefined;
    if (!isHere) process.stderr.write(`SKIPPED: ${name} is not installed, and not tried in front of the API\n`);
    return isHere;
  });
}
