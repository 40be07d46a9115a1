import { transformSync } from 'esbuild';

/** Strips types, keeps ES modules, maps lines. https://jestjs.io/docs/code-transformation */
export default {
  process(source, path) {
    const { code, map } = transformSync(source, {
      loader: 'ts',
      format: 'esm',
      target: 'es2023',
      sourcemap: 'external',
      sourcefile: path,
    });
    return { code, map };
  },
};
