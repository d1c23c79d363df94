import { ActivityReport } from './activity-report.js';

describe('the report of work', () => {
  it('is made at once and then once a minute, and not without work', () => {
    let now = 5;
    const reports: number[] = [];
    const activity = new ActivityReport(
      () => reports.push(now),
      () => now,
    );
    expect(reports).toEqual([]);
    for (now of [5, 6, 60_004, 60_005, 60_006, 300_000]) activity.note();
    expect(reports).toEqual([5, 60_005, 300_000]);
  });
});
