import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, IsOptional, IsString, Length, Matches, Max, MaxLength, Min } from 'class-validator';
import { AbsentWhenEmpty, LowerCase } from '../input/lenient-text.js';
import type { WolfInstance } from '@helix/scheduler';

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

/** A Wolf instance in Helix's keys (helix-rest §4.1). */
export class WolfInstanceDto {
  @ApiProperty() id!: string;
  @ApiProperty() name!: string;
  @ApiProperty() address!: string;
  @ApiProperty({ enum: ['online', 'offline', 'degraded'] }) status!: string;
  @ApiProperty({ type: String, nullable: true }) last_heartbeat!: string | null;
  @ApiProperty({ description: 'Slots taken, counted from the placements' }) connected_sandboxes!: number;
  @ApiProperty() max_sandboxes!: number;
  @ApiProperty() gpu_type!: string;
  @ApiProperty() gpu_vendor!: string;
  @ApiProperty() render_node!: string;
  @ApiProperty() sway_version!: string;
  @ApiPropertyOptional({ type: [Object] }) disk_usage?: readonly unknown[];
  @ApiPropertyOptional() disk_alert_level?: string;
  @ApiProperty() created_at!: string;
  @ApiProperty() updated_at!: string;
}

export function toWolfInstanceDto(instance: WolfInstance): WolfInstanceDto {
  return {
    id: instance.id,
    name: instance.name,
    address: instance.address,
    status: instance.status,
    last_heartbeat: instance.lastSeenAt.toISOString(),
    connected_sandboxes: instance.connectedSandboxCount,
    max_sandboxes: instance.maxSandboxes,
    gpu_type: instance.gpuType,
    gpu_vendor: instance.gpuVendor,
    render_node: instance.renderNode,
    sway_version: instance.swayVersion,
    ...(instance.diskUsage.length > 0 && { disk_usage: instance.diskUsage }),
    ...(instance.diskAlertLevel !== '' && { disk_alert_level: instance.diskAlertLevel }),
    created_at: instance.createdAt.toISOString(),
    updated_at: instance.updatedAt.toISOString(),
  };
}
