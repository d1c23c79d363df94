/**
 * `node deploy/keep-dependencies.mjs apps/revdial-agent …`: removes from node_modules what these workspaces do not reach
 * through `dependencies` and peers that are not optional. npm also installs optional peers that another workspace asks for, and so would put Nest beside
 * the agent, which never loads it.
 */
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Keys of the lock's packages that the workspaces need at run time, the workspaces among them. */
export function reachablePackages(lock, workspaces) {
  const reached = new Set();
  const open = [...workspaces];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const key = lock.packages[at]?.link === true ? lock.packages[at].resolved : at;
    if (key !== at) reached.add(at);
    if (reached.has(key)) continue;
    reached.add(key);
    const { dependencies, optionalDependencies, peerDependencies = {}, peerDependenciesMeta = {} } = lock.packages[key];
    const peers = Object.keys(peerDependencies).filter((name) => peerDependenciesMeta[name]?.optional !== true);
    for (const name of [...Object.keys({ ...dependencies, ...optionalDependencies }), ...peers]) {
      const found = resolve(lock, key, name);
      if (found !== undefined) open.push(found);
      else if (optionalDependencies?.[name] === undefined) throw new Error(`${key} needs ${name}, which is not locked`);
    }
  }
  return reached;
}

/** Node's own way up the folders. */
function resolve(lock, from, name) {
  for (let at = from; ; at = path.posix.dirname(at)) {
    const key = path.posix.join(at, 'node_modules', name);
    if (key in lock.packages) return key;
    if (at === '.') return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const kept = reachablePackages(lock, process.argv.slice(2));
  for (const key of Object.keys(lock.packages)) {
    if (key.includes('node_modules/') && !kept.has(key)) rmSync(key, { recursive: true, force: true });
  }
}
