// Starts the embedded PostgreSQL on the folder given, says so, and holds it until it is killed.
import { startEmbeddedPostgres } from '../../dist/storage/embedded/embedded-postgres.js';

const quiet = { debug() {}, info() {}, warn() {}, error() {}, child: () => quiet };
try {
  const postgres = await startEmbeddedPostgres({ dataFolder: process.argv[2], log: quiet });
  console.log(JSON.stringify({ pid: postgres.pid() }));
} catch (error) {
  console.log(JSON.stringify({ refused: error.category, message: error.message }));
}
