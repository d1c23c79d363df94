import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { AbsentWhenEmpty } from '../input/lenient-text.js';

/** What of a session its owner may change. Clients send the whole session; keys that are not listed are ignored. */
export class UpdateSessionDto {
  @ApiPropertyOptional({ description: 'A blank one changes nothing' })
  @AbsentWhenEmpty()
  @IsOptional()
  @IsString()
  @MaxLength(200)
  name?: string;
}
