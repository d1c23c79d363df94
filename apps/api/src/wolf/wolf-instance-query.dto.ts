import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import { AbsentWhenEmpty } from '../input/lenient-text.js';

/** Names a Wolf instance; what its absence means is the route's to say. */
export class WolfInstanceQueryDto {
  @ApiPropertyOptional({ description: 'Id of the Wolf instance' })
  @AbsentWhenEmpty()
  @IsOptional()
  @IsString()
  @MaxLength(200)
  wolf_instance_id?: string;
}
