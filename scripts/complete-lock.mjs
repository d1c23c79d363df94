/**
 * Adds to package-lock.json the packages of other platforms that npm left out. A registry that does not hold them makes
 * `npm install` drop such optional packages in silence, and `npm ci` then refuses the lock on every machine. Run it after
 * an install that changed the lock; test/architecture/lock.spec.ts says when it is needed.
 *
 * The added entries carry no integrity: what is not there cannot be hashed. A later `npm install` elsewhere fills it in.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const LOCK = new URL('../package-lock.json', import.meta.url);
const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const CPU = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32'];

const lock = JSON.parse(readFileSync(LOCK, 'utf8'));
const added = [];
for (const [parent, entry] of Object.entries({ ...lock.packages })) {
  for (const [name, range] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(parent, name)) continue;
    lock.packages[`node_modules/${name}`] = platformEntry(name, range, entry.dev === true);
    added.push(name);
  }
}
const root = lock.packages[''];
const sorted = Object.entries(lock.packages).filter(([key]) => key !== '');
sorted.sort(([one], [other]) => (one < other ? -1 : 1));
lock.packages = { '': root, ...Object.fromEntries(sorted) };
if (added.length > 0) writeFileSync(LOCK, `${JSON.stringify(lock, null, 2)}\n`);
console.log(added.length === 0 ? 'the lock is complete' : `added: ${added.join(', ')}`);

/** Node's own way up the folders. */
function isLocked(parent, name) {
  for (let at = parent; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (`${at === '' ? '' : `${at}/`}node_modules/${name}` in lock.packages) return true;
    if (at === '') return false;
  }
}

/** Such packages are named after what they are for: `…-linux-arm64-gnu`. */
function platformEntry(name, version, dev) {
  const words = name.split(/[-/]/);
  const os = OS.find((known) => words.includes(known));
  const cpu = CPU.find((known) => words.includes(known));
  if (os === undefined || cpu === undefined || !/^\d+\.\d+\.\d+/.test(version)) {
    throw new Error(`${name}@${version} is not named after a platform; add it to the lock by hand`);
  }
  const libc = /-gnu/.test(name) ? ['glibc'] : /-musl/.test(name) ? ['musl'] : undefined;
  return {
    version,
    cpu: [cpu],
    ...(dev && { dev }),
    ...(os === 'linux' && libc !== undefined && { libc }),
    optional: true,
    os: [os],
  };
}
