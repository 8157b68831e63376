// Bundles with esbuild, in a process of its own: what is left out of a package file by file takes a plugin, and plugins
// are asynchronous, which a construct cannot be. `{ options, leftOut, instead, hollow }` as JSON in; files out, and exit 1 on an
// error.
import { readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { build } from 'esbuild'

const { options, leftOut, instead, hollow } = JSON.parse(process.argv[2])

/**
 * What makes a JSON Schema of a zod one: nothing here does that at run time, and it is 18 KB in every bundle. What zod
 * names of it while it loads is there, and throws should anybody come to call it.
 */
const noJsonSchema = `const absent = () => { throw new Error('left out of this bundle') }
export const [allProcessors, toJSONSchema, extractDefs, finalize, handleUnrepresentable] = Array(5).fill(absent)
export const [initializeContext, processSchema, process] = Array(3).fill(absent)
export const [createToJSONSchemaMethod, createStandardJSONSchemaMethod] = Array(2).fill(absent)`

/** Packages ask their own `package.json` how they are called, for a header: 2 KB each, of which this is all they read. */
function onlyNamed(path) {
  if (!/\/node_modules\/((@[^/]+\/)?[^/]+)\/package\.json$/.test(path)) return undefined
  const { name, version } = JSON.parse(readFileSync(path, 'utf8'))
  return { contents: JSON.stringify({ name, version }), loader: 'json' }
}

const leaveOut = {
  name: 'leave-out',
  setup({ onLoad }) {
    onLoad({ filter: /\/zod\/v4\/core\/(json-schema-processors|to-json-schema)\.js$/ }, () => ({
      contents: noJsonSchema,
    }))
    onLoad({ filter: /\/node_modules\/(@slack|p-queue)\// }, ({ path }) => {
      if (leftOut.includes(path)) return { contents: 'module.exports = {}' }
      const other = instead[path]
      return other ? { contents: readFileSync(other, 'utf8'), resolveDir: dirname(path) } : onlyNamed(path)
    })
    onLoad({ filter: /\/node_modules\/@smithy\// }, ({ path }) => {
      const classes = hollow[path]
      return classes ? { contents: classes.map((name) => `export class ${name} {}`).join('\n') } : onlyNamed(path)
    })
    onLoad({ filter: /\/node_modules\/.*\/package\.json$/ }, ({ path }) => onlyNamed(path))
  },
}

await build({ ...options, plugins: [leaveOut] }).catch(() => process.exit(1))
