import { playColumns } from './fault-table.js';

describe('a join and a look at the state under each fault of Wolf', () => {
  playColumns(['auto-join', 'state']);
});
