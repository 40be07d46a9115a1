export * from './clock.js';
export * from './failure.js';
export * from './ids.js';
export * from './log.js';
