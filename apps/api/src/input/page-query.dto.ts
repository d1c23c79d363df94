import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import { NumberUnlessEmpty } from './lenient-text.js';
import { API_LIMITS } from '../limits.js';

/** Which part of a list: pages count from 1; none, or 0, is the first. */
export class PageQueryDto {
  @ApiPropertyOptional({ minimum: 0, maximum: API_LIMITS.pageMax, description: 'Counts from 1' })
  @NumberUnlessEmpty()
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(API_LIMITS.pageMax)
  page?: number;

  @ApiPropertyOptional({
    minimum: 1,
    default: API_LIMITS.pageSizeDefault,
    description: `More than ${String(API_LIMITS.pageSizeMax)} counts as that`,
  })
  @NumberUnlessEmpty()
  @IsOptional()
  @IsInt()
  @Min(1)
  page_size?: number;
}

export interface Page {
  /** Pages before this one. */
  readonly index: number;
  readonly size: number;
  /** Entries before this page. */
  readonly offset: number;
}

export function pageOf(query: PageQueryDto): Page {
  const size = Math.min(query.page_size ?? API_LIMITS.pageSizeDefault, API_LIMITS.pageSizeMax);
  const index = Math.max((query.page ?? 0) - 1, 0);
  return { index, size, offset: index * size };
}
