import { run } from './command-line/program.ts'
import { thisMachine } from './surroundings.ts'

process.exitCode = await run(process.argv.slice(2), thisMachine())
