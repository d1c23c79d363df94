import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { DiskSample, WolfInstance } from '@helix/scheduler';

const BYTES_PER_MB = 1_048_576;

class DiskSampleDto {
  @ApiProperty() timestamp!: string;
  @ApiProperty() mount_point!: string;
  @ApiProperty() total_mb!: number;
  @ApiProperty() used_mb!: number;
  @ApiProperty() avail_mb!: number;
  @ApiProperty() used_percent!: number;
  @ApiProperty({ enum: ['ok', 'warning', 'critical'] }) alert_level!: string;
}

class ContainerSizeDto {
  @ApiProperty() container_name!: string;
  @ApiProperty() latest_size_mb!: number;
}

/** As Helix's clients read it (helix-rest §4.1). */
export class DiskHistoryDto {
  @ApiProperty() wolf_instance_id!: string;
  @ApiProperty() wolf_name!: string;
  @ApiProperty({
    type: [DiskSampleDto],
    description: 'Oldest first; at most 300 of each mount, each the fullest of its span',
  })
  history!: readonly DiskSampleDto[];
  @ApiPropertyOptional({ type: [ContainerSizeDto], description: 'Largest first' })
  containers?: readonly ContainerSizeDto[];
}

export function toDiskHistoryDto(instance: WolfInstance, samples: readonly DiskSample[]): DiskHistoryDto {
  return {
    wolf_instance_id: instance.id,
    wolf_name: instance.name,
    history: samples.map((sample) => ({
      timestamp: sample.at.toISOString(),
      mount_point: sample.mountPoint,
      total_mb: inMb(sample.totalBytes),
      used_mb: inMb(sample.usedBytes),
      avail_mb: inMb(sample.availBytes),
      used_percent: sample.usedPercent,
      alert_level: sample.alertLevel,
    })),
    ...(instance.containers.length > 0 && {
      containers: instance.containers.map(({ name, sizeBytes }) => ({
        container_name: name,
        latest_size_mb: inMb(sizeBytes),
      })),
    }),
  };
}

function inMb(bytes: number): number {
  return Math.round(bytes / BYTES_PER_MB);
}
