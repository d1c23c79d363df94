import { Controller, Get, HttpCode, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiServiceUnavailableResponse, ApiTags } from '@nestjs/swagger';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { Access } from '../auth/access.decorator.js';
import { ApiError } from '../errors/api-error.js';
import { Drain } from './drain.js';
import { API_LIMITS } from '../limits.js';

@ApiTags('health')
@Controller()
export class HealthController {
  private question: Promise<boolean> | undefined;

  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    @Inject(Drain) private readonly drain: Drain,
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
  @ApiOperation({ summary: 'The replica takes requests: its database answers and it is not closing' })
  @ApiOkResponse({ schema: { type: 'object', properties: { status: { type: 'string', example: 'ready' } } } })
  @ApiServiceUnavailableResponse({ description: 'Without database, or closing' })
  async ready(): Promise<{ readonly status: 'ready' }> {
    if (this.drain.isDraining) throw new ApiError('NOT_READY', 'the replica is closing');
    if (!(await this.databaseAnswers())) throw new ApiError('NOT_READY', 'the database can not be reached');
    return { status: 'ready' };
  }

  /** One question for all probes that come while it is open: a database that hangs must not be asked ever more. */
  private async databaseAnswers(): Promise<boolean> {
    this.question ??= this.dataSource
      .query('SELECT 1')
      .then(
        () => true,
        () => false,
      )
      .finally(() => {
        this.question = undefined;
      });
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => {
        resolve(false);
      }, API_LIMITS.readinessTimeoutMs);
    });
    try {
      return await Promise.race([this.question, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }
}
