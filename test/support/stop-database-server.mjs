// Jest's globalTeardown.
export default async function stopDatabaseServer() {
  await globalThis.stopDatabaseServer?.();
}
