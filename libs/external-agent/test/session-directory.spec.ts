import {
  createSessionId,
  EXTERNAL_AGENT_LIMITS,
  SessionDirectory,
  type SessionEntity,
  type SessionRepository,
} from '../src/index.js';
import { SessionRig } from './support/session-rig.js';

const { sessionDirectoryFreshMs: FRESH_MS, sessionDirectoryStaleMs: STALE_MS } = EXTERNAL_AGENT_LIMITS;

describe('SessionDirectory', () => {
  let rig: SessionRig;
  let nowMs = 0;
  let readCount = 0;
  beforeAll(async () => {
    rig = await SessionRig.open();
  });
  afterEach(() => rig.clear());
  afterAll(() => rig.close());

  /** Over the real table; what is counted are its reads. */
  const directoryOver = (repository: SessionRepository): SessionDirectory => {
    readCount = 0;
    return new SessionDirectory(
      {
        find: (id) => {
          readCount += 1;
          return repository.find(id);
        },
      },
      () => nowMs,
    );
  };

  it('shares one read among concurrent callers and caches the answer', async () => {
    const id = await rig.insert();
    const directory = directoryOver(rig.repository);
    await Promise.all(Array.from({ length: 50 }, () => directory.get(id)));
    nowMs += FRESH_MS - 1;
    await directory.get(id);
    expect(readCount).toBe(1);
  });

  it('sees the change of another replica when the answer is no longer fresh', async () => {
    const id = await rig.insert();
    const directory = directoryOver(rig.repository);
    await directory.get(id);
    await rig.repository.requestStop(id);
    expect(await directory.get(id)).toMatchObject({ desired: 'running' });
    nowMs += FRESH_MS;
    expect(await directory.get(id)).toMatchObject({ desired: 'stopped' });
  });

  it('shows a local change at once, also when an older read ends after it', async () => {
    const id = await rig.insert();
    const before = await rig.row(id);
    const changed = await rig.repository.requestStop(id);
    let answer: (session: SessionEntity) => void = () => undefined;
    const slow = new Promise<SessionEntity>((resolve) => {
      answer = resolve;
    });
    const directory = new SessionDirectory({ find: () => slow });
    const read = directory.get(id);
    directory.remember(changed!);
    answer(before);
    expect(await read).toMatchObject({ desired: 'stopped' });
    expect(await directory.get(id)).toMatchObject({ desired: 'stopped' });
    directory.remember(before);
    expect(await directory.get(id)).toMatchObject({ desired: 'stopped' });
  });

  it.each(['by its id', 'with everything else'])('sees a change that is announced %s at once', async (how) => {
    const id = await rig.insert();
    const other = await rig.insert();
    const directory = directoryOver(rig.repository);
    await directory.get(id);
    await directory.get(other);
    await rig.repository.requestStop(id);
    directory.invalidate(how === 'by its id' ? id : undefined);
    expect(await directory.get(id)).toMatchObject({ desired: 'stopped' });
    await directory.get(id);
    await directory.get(other);
    expect(readCount).toBe(how === 'by its id' ? 3 : 4);
  });

  it('does not take a read for current that began before an announcement, nor join it', async () => {
    const id = await rig.insert();
    const before = await rig.row(id);
    const reads: ((session: SessionEntity) => void)[] = [];
    const directory = new SessionDirectory({ find: () => new Promise((resolve) => reads.push(resolve)) });
    for (const announced of [id, undefined]) {
      const early = directory.get(id);
      directory.invalidate(announced);
      const late = directory.get(id);
      expect(reads).toHaveLength(2);
      reads[0]?.(before);
      await early;
      const third = directory.get(id);
      reads[1]?.(Object.assign(await rig.row(id), { name: 'changed' }));
      expect(await late).toMatchObject({ name: 'changed' });
      expect(await third).toMatchObject({ name: 'changed' });
      expect(reads.splice(0)).toHaveLength(2);
      directory.invalidate(id);
    }
  });

  it('keeps what an announcement made doubtful for when the database is away', async () => {
    const id = await rig.insert();
    const replica = await rig.addReplica();
    const directory = directoryOver(replica.repository);
    await directory.get(id);
    await rig.disconnect(replica);
    directory.invalidate(id);
    directory.invalidate(undefined);
    expect(await directory.get(id)).toMatchObject({ id });
  });

  it('tells of each step of a drive as it is written', async () => {
    await rig.addHost();
    const replica = await rig.addReplica();
    const { id } = await replica.agents.create({ ownerId: 'usr_ann' });
    expect(await replica.directory.get(id)).toMatchObject({ state: 'running' });
    await replica.agents.stop(id);
    expect(await replica.directory.get(id)).toMatchObject({ state: 'stopped' });
  });

  it('keeps answering while the database is away, for as long as it says, and not beyond', async () => {
    const id = await rig.insert();
    const replica = await rig.addReplica();
    const directory = directoryOver(replica.repository);
    await directory.get(id);
    await rig.disconnect(replica);
    nowMs += STALE_MS - 1;
    expect(await directory.get(id)).toMatchObject({ id });
    expect(readCount).toBe(2);
    await expect(directory.get(createSessionId())).rejects.toThrow();
    nowMs += 1;
    await expect(directory.get(id)).rejects.not.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });

  it('says that a session is not there, and forgets one that is gone', async () => {
    const id = await rig.insert();
    const directory = directoryOver(rig.repository);
    await expect(directory.get(createSessionId())).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
    await directory.get(id);
    await rig.dataSource.query('DELETE FROM sessions WHERE id = $1', [id]);
    nowMs += FRESH_MS;
    await expect(directory.get(id)).rejects.toMatchObject({ code: 'SESSION_NOT_FOUND' });
  });
});
