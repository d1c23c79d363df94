import { z } from 'zod';
import type { DockerImage, PullProgress } from '../model/image.js';
import { isWolfError, WolfError } from '../wolf-error.js';
import { readDocument, readSuccess } from './answer.js';
import type { HttpAnswer } from './http-exchange.js';
import { doneAnswer } from './lobby-answers.js';
import { listOf } from './scalars.js';

/** Docker's own document, of which each version has another. */
const image = z
  .object({
    Id: z.string(),
    RepoTags: listOf(z.string()).nullish(),
    RepoDigests: listOf(z.string()).nullish(),
    Size: z.number().nullish(),
    Created: z.string().nullish(),
    Architecture: z.string().nullish(),
    Os: z.string().nullish(),
  })
  .transform((wire): DockerImage => ({
    id: wire.Id,
    tags: wire.RepoTags ?? [],
    digests: wire.RepoDigests ?? [],
    ...(wire.Size != null && { sizeBytes: wire.Size }),
    ...(wire.Created != null && { createdAt: wire.Created }),
    ...(wire.Architecture != null && { architecture: wire.Architecture }),
    ...(wire.Os != null && { os: wire.Os }),
  }));

/**
 * `GET /docker/images/inspect` (wolf-api §3.8). `undefined` when Docker has no such image.
 * @throws WolfError as `readDocument`
 */
export function readImage(call: string, answer: HttpAnswer): DockerImage | undefined {
  if (answer.status === 200) return readDocument(call, answer, image);
  try {
    readSuccess(call, answer, doneAnswer);
  } catch (error) {
    if (isWolfError(error, 'WOLF_UNKNOWN_IMAGE')) return undefined;
    throw error;
  }
  throw new WolfError('WOLF_INVALID_ANSWER', `the answer to ${call} says success and no image`);
}

const progress = z.object({
  status: z.string(),
  id: z.string().nullish(),
  progressDetail: z.object({ current: z.number().nullish(), total: z.number().nullish() }).nullish(),
});

/** One line of a pull; `undefined` for a line that tells no progress. */
export function readPullProgress(line: unknown): PullProgress | undefined {
  const read = progress.safeParse(line);
  if (!read.success) return undefined;
  const { status, id, progressDetail } = read.data;
  return {
    status,
    ...(id != null && { id }),
    ...(progressDetail?.current != null && { doneBytes: progressDetail.current }),
    ...(progressDetail?.total != null && { totalBytes: progressDetail.total }),
  };
}
