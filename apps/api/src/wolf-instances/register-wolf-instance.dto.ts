import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsOptional, IsString, Length, Matches, Max, MaxLength, Min } from 'class-validator';
import { AbsentWhenEmpty, LowerCase } from '../input/lenient-text.js';

export class RegisterWolfInstanceDto {
  @ApiPropertyOptional({
    description: 'Given: the same id is always the same row. Absent: the row of this name and address',
  })
  @IsOptional()
  @Matches(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, {
    message: 'id must be 1 to 63 of A-Z a-z 0-9 . _ - and begin with a letter or digit',
  })
  id?: string;

  @ApiProperty()
  @IsString({ message: 'name is required' })
  @Length(1, 200)
  name!: string;

  @ApiProperty()
  @IsString({ message: 'address is required' })
  @Length(1, 300)
  address!: string;

  @ApiPropertyOptional({ minimum: 0, maximum: 10_000 })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(10_000)
  max_sandboxes?: number;

  @ApiPropertyOptional({ example: 'RTX 4090' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  gpu_type?: string;

  @ApiPropertyOptional({ example: 'nvidia' })
  @AbsentWhenEmpty()
  @LowerCase()
  @IsOptional()
  @Matches(/^[a-z0-9-]{1,32}$/, { message: 'gpu_vendor must be a word such as nvidia, amd or intel' })
  gpu_vendor?: string;

  @ApiPropertyOptional({ example: '/dev/dri/renderD128' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  render_node?: string;

  @ApiPropertyOptional({ description: 'Version of the desktop image on the host' })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  sway_version?: string;
}
