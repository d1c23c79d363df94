import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { AbsentWhenEmpty } from '../input/lenient-text.js';
import { PageQueryDto } from '../input/page-query.dto.js';

export class ListSessionsDto extends PageQueryDto {
  @ApiPropertyOptional({ description: 'Part of the name or id' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  search?: string;

  @ApiPropertyOptional({
    enum: ['true', 'false'],
    description: "All users', for admins; others see their own all the same",
  })
  @AbsentWhenEmpty()
  @IsOptional()
  @IsIn(['true', 'false'])
  all?: string;
}
