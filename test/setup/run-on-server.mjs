import pg from 'pg';

/** One statement on the server itself, such as the making of a database, over a connection of its own. */
export async function runOnServer(serverUrl, sql) {
  const connection = new pg.Client({ connectionString: serverUrl });
  await connection.connect();
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}
