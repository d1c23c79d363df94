import { readBounded, type RunnerHttp } from '@helix/revdial';
import type { ByteBudget } from '../byte-budget.js';
import { desktopOf } from '../../session/desktop-of.js';
import { refusalOf } from '../../foreign/desktop-refusal.js';
import { SessionGate } from '../session-gate.js';
import { ExternalAgentError } from '../../external-agent-error.js';
import type { ExternalAgentLogger } from '../../external-agent-logger.js';
import { askDesktop } from '../../foreign/ask-plainly.js';
import { LIMITS } from '../../limits.js';
import type { SessionDirectory } from '../../session/session-directory.js';
import type { SessionId } from '../../session/session-id.js';
import type { ExecRequest } from './exec-request.js';
import { parseExecResult, type ExecResult } from './exec-result.js';

/** What the operator decides about commands, and where they are recorded. */
export interface ExecPolicy {
  readonly isEnabled: boolean;
  readonly logger: ExternalAgentLogger;
}

/** Commands in desktops, for operators who allow them. Which programs may run is decided in the desktop. */
export class ExecService {
  readonly #http: RunnerHttp;
  readonly #directory: SessionDirectory;
  readonly #budget: ByteBudget;
  readonly #policy: ExecPolicy;
  readonly #gate = new SessionGate('commands', LIMITS.execsMaxPerSession, LIMITS.execsMaxInFlight);

  constructor(http: RunnerHttp, directory: SessionDirectory, budget: ByteBudget, policy: ExecPolicy) {
    this.#http = http;
    this.#directory = directory;
    this.#budget = budget;
    this.#policy = policy;
  }

  /** @throws ExternalAgentError EXEC_DISABLED unless the operator allows commands */
  assertEnabled(): void {
    if (this.#policy.isEnabled) return;
    throw new ExternalAgentError('EXEC_DISABLED', 'the operator has not enabled commands (DESKTOP_EXEC_ENABLED)');
  }

  /**
   * Runs a command and waits for its end, or for its beginning when it is for the background. Each is recorded, with who
   * ran which program where; arguments and environment never are.
   * @throws ExternalAgentError EXEC_DISABLED, EXEC_FORBIDDEN (not on the desktop's list), SESSION_NOT_FOUND, NO_DESKTOP,
   * DESKTOP_STARTING, DESKTOP_UNSUPPORTED, DESKTOP_ERROR, DESKTOP_INVALID_ANSWER, BUSY
   * @throws RevDialError as the tunnel fails; DIAL_ABORTED when the caller left. The command may have run all the same
   */
  async run(sessionId: SessionId, by: string, request: ExecRequest, signal?: AbortSignal): Promise<ExecResult> {
    this.assertEnabled();
    desktopOf(await this.#directory.get(sessionId));
    const leave = this.#gate.enter(sessionId);
    const record = {
      audit: 'desktop-exec',
      userId: by,
      sessionId,
      program: (request.command[0] ?? '').slice(0, LIMITS.execProgramLoggedLength),
      background: request.background,
    };
    this.#policy.logger.info(record, 'desktop command sent');
    try {
      const result = await this.#send(sessionId, request, signal);
      this.#policy.logger.info({ ...record, exitCode: result.exitCode }, 'desktop command finished');
      return result;
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : 'INTERNAL';
      this.#policy.logger.info({ ...record, code }, 'desktop command failed');
      throw error;
    } finally {
      leave();
    }
  }

  async #send(sessionId: SessionId, request: ExecRequest, signal: AbortSignal | undefined): Promise<ExecResult> {
    const response = await askDesktop(this.#http, sessionId, {
      method: 'POST',
      path: '/exec',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        command: request.command,
        background: request.background,
        timeout: request.timeoutS,
        env: request.environment,
      }),
      // The desktop answers when the command has ended, at the latest when it ended it itself.
      headersTimeoutMs: request.timeoutS * 1_000 + LIMITS.execAnswerMarginMs,
      ...(signal && { signal }),
    });
    if (response.status === 403) {
      response.body.destroy();
      throw new ExternalAgentError('EXEC_FORBIDDEN', 'the desktop does not allow this program');
    }
    const refusal = refusalOf(response, 'run commands');
    if (refusal !== undefined) throw refusal;
    const body = await this.#budget.during(response.body, () =>
      readBounded(response.body, LIMITS.execAnswerMaxBytes, signal),
    );
    const result = await parseExecResult(body);
    if (result !== undefined) return result;
    throw new ExternalAgentError('DESKTOP_INVALID_ANSWER', 'the desktop did not say how the command ended');
  }
}
