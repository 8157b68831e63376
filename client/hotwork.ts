import { run } from './run.ts'
import { thisMachine } from './surroundings.ts'

process.exitCode = await run(process.argv.slice(2), thisMachine())
