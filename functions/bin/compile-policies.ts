import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { cedar } from '../adapters/cedar/compile-cedar.ts'
import { compileFolder, currentSchema } from '../adapters/policy-folder/compile-folder.ts'
import { formatProblem, type Problem } from '../adapters/policy-folder/json-document.ts'

/**
 * A program: compiles a policy folder and a deployment file into one bundle, or prints every problem of them on stderr, as
 * `file:line: message` and the fix beneath. Exit 0, 1 for a folder with problems, 2 for wrong usage.
 */
const usage = `compile-policies --policies DIR --deployment FILE --out FILE
compile-policies --policies DIR --deployment FILE --write-schema`

function main(args: string[]): 0 | 1 | 2 {
  const options = read(args)
  if (!options) {
    console.error(usage)
    return 2
  }
  const { policies, deployment } = options
  if (options.writeSchema) {
    const schema = currentSchema(policies, deployment, cedar)
    if (Array.isArray(schema)) return fail(schema)
    writeFileSync(schema.file, schema.text)
  }
  if (options.out === undefined) return 0
  const compiled = compileFolder(policies, deployment, cedar)
  if (!compiled.ok) return fail(compiled.problems)
  writeFileSync(options.out, `${JSON.stringify(compiled.bundle, null, 2)}\n`)
  return 0
}

function read(args: string[]) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        policies: { type: 'string' },
        deployment: { type: 'string' },
        out: { type: 'string' },
        'write-schema': { type: 'boolean', default: false },
      },
    })
    const { policies, deployment, out, 'write-schema': writeSchema } = values
    if (!policies || !deployment || (!out && !writeSchema)) return undefined
    return { policies, deployment, out, writeSchema }
  } catch (cause) {
    console.error(cause instanceof Error ? cause.message : cause)
    return undefined
  }
}

function fail(problems: readonly Problem[]): 1 {
  for (const problem of problems) console.error(formatProblem(problem))
  return 1
}

process.exitCode = main(process.argv.slice(2))
