import { Controller, Get, Global, HttpCode, Module } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { withDeadline, withSignal } from '@helix/pacing';
import { ReplicaPresence } from '@helix/scheduler';
import { DataSource } from 'typeorm';
import { Access } from '../access/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { API_LIMITS } from '../limits.js';
import { Drain } from './drain.js';

@ApiTags('health')
@Controller()
class HealthController {
  private question: Promise<string | undefined> | undefined;
  private answeredAtMs = -Infinity;

  constructor(
    private readonly dataSource: DataSource,
    private readonly replica: ReplicaPresence,
    private readonly drain: Drain,
  ) {}

  @Get('healthz')
  @Access('public')
  @HttpCode(200)
  @ApiOperation({ summary: 'The process is alive' })
  @ApiOkResponse({ schema: { type: 'object', properties: { status: { type: 'string', example: 'ok' } } } })
  live(): { readonly status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('readyz')
  @Access('public')
  @ApiOperation({
    summary:
      'The replica takes requests: its database takes changes, has the tables of this release, and it is not closing',
  })
  @ApiOkResponse({ schema: { type: 'object', properties: { status: { type: 'string', example: 'ready' } } } })
  @ApiServiceUnavailableResponse({ description: 'Without database, or closing' })
  async ready(): Promise<{ readonly status: 'ready' }> {
    if (this.drain.isDraining) throw new ApiError('NOT_READY', 'the replica is closing');
    const obstacle = await this.obstacle();
    if (obstacle !== undefined) throw new ApiError('NOT_READY', obstacle);
    return { status: 'ready' };
  }

  /** One query for all probes that come while it runs or its answer is fresh: a database that hangs is not queried more often. */
  private async obstacle(): Promise<string | undefined> {
    if (this.question === undefined || performance.now() - this.answeredAtMs > API_LIMITS.readinessFreshMs) {
      this.answeredAtMs = Infinity;
      this.question = this.ask().finally(() => {
        this.answeredAtMs = performance.now();
      });
    }
    const { question } = this;
    const tooLate = (): Error => new Error('the database does not answer in time');
    return await withDeadline(API_LIMITS.readinessTimeoutMs, undefined, tooLate, (signal) =>
      withSignal(signal, question),
    ).catch(() => tooLate().message);
  }

  /** What stands in the way; never rejects. The write is the one by which this replica shows that it lives. */
  private async ask(): Promise<string | undefined> {
    try {
      await this.replica.renew(API_LIMITS.readinessFreshMs);
      const rows = await this.dataSource.query<{ readonly name: string }[]>('SELECT name FROM migrations');
      const found = new Set(rows.map(({ name }) => name));
      const expected = this.dataSource.migrations.map(({ name, constructor }) => name ?? constructor.name);
      const isAsExpected = found.size === expected.length && expected.every((name) => found.has(name));
      return isAsExpected ? undefined : 'the tables of the database are not those of this release';
    } catch {
      return 'the database cannot be reached, or takes no changes';
    }
  }
}

@Global()
@Module({ controllers: [HealthController], providers: [Drain], exports: [Drain] })
export class HealthModule {}
