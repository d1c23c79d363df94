import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Matches } from 'class-validator';
import { AbsentWhenEmpty } from '../input/lenient-text.js';

const SECRET = /^[\x21-\x7e]{1,200}$/;

/** A client that waits for its PIN, in Helix's keys (helix-rest §4.2); the last is ours. */
export class PendingPairingDto {
  @ApiProperty({ description: 'Its address' }) client_name!: string;
  @ApiProperty() uuid!: string;
  @ApiProperty() pair_secret!: string;
  @ApiProperty() client_ip!: string;
  @ApiProperty({ description: 'Always empty' }) pin!: string;
  @ApiProperty({ description: 'Always 0: Wolf does not tell' }) expires_at!: number;
  @ApiProperty() wolf_instance_id!: string;
}

export class CompletePairingDto {
  @ApiPropertyOptional()
  @AbsentWhenEmpty()
  @IsOptional()
  @IsString()
  @Matches(SECRET, { message: 'uuid must be that of a pending pairing' })
  uuid?: string;

  @ApiPropertyOptional()
  @AbsentWhenEmpty()
  @IsOptional()
  @IsString()
  @Matches(SECRET, { message: 'pair_secret must be that of a pending pairing' })
  pair_secret?: string;

  @ApiProperty({ example: '0419' })
  @Matches(/^[0-9]{4}$/, { message: 'pin must be four digits' })
  pin!: string;
}

export class PairingCompletedDto {
  @ApiProperty({ enum: [true] }) success!: boolean;
  @ApiProperty() message!: string;
}
