import { playColumns } from './fault-table.js';

describe('a stop under each fault of Wolf', () => {
  playColumns(['stop']);
});
