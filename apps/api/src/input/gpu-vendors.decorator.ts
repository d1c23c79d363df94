import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { ArrayMaxSize, IsOptional, Matches } from 'class-validator';
import { API_LIMITS } from '../limits.js';

/** A property with the GPU vendors that a session may go to: a word or a list of words, in any case. Becomes a list. */
export function GpuVendors(): PropertyDecorator {
  return applyDecorators(
    ApiPropertyOptional({
      description: 'Only hosts that named such a GPU; of a list, any of these',
      oneOf: [
        { type: 'string', example: 'nvidia' },
        { type: 'array', items: { type: 'string' }, maxItems: API_LIMITS.gpuVendorsMax, example: ['nvidia', 'amd'] },
      ],
    }),
    Transform(({ value }: { readonly value: unknown }) =>
      value === '' || value === null || value === undefined ? undefined : [value].flat().map(lowerCase),
    ),
    IsOptional(),
    ArrayMaxSize(API_LIMITS.gpuVendorsMax),
    Matches(/^[a-z0-9-]{1,32}$/, { each: true, message: 'gpu_vendor must be a word such as nvidia, amd or intel' }),
  );
}

function lowerCase(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value;
}
