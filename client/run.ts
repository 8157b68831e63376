import { CommanderError } from 'commander'
import { commandLine } from './command-line.ts'
import { type Exit, exits } from './exit-codes.ts'
import { lines } from './screen.ts'
import type { Surroundings } from './surroundings.ts'
import { Fault, Refusal, type Told } from './trouble.ts'

/** Runs what was typed after `hotwork`. @returns the exit code */
export async function run(typed: readonly string[], surroundings: Surroundings): Promise<Exit> {
  // What is wrong is told where whoever asked for JSON looks; of credentials only they themselves may stand there.
  const json = typed.includes('--json') && !typed.includes('credentials')
  const tell = (told: Told, exit: Exit): Exit => {
    const { code, title, detail } = told
    if (json)
      surroundings.out(
        `${JSON.stringify({ error: code, title, ...(detail === undefined ? {} : { detail }), exit }, null, 2)}\n`,
      )
    else
      surroundings.err(
        lines(
          `hotwork: ${title}${['usage', 'fault'].includes(code) ? '' : ` (${code})`}`,
          ...(detail === undefined ? [] : [`  ${detail}`]),
        ),
      )
    return exit
  }
  let exit: Exit = exits.done
  try {
    await commandLine(surroundings, (done) => {
      exit = done
    }).parseAsync(typed, { from: 'user' })
    return exit
  } catch (trouble) {
    if (trouble instanceof CommanderError) {
      // Help that was asked for is no trouble.
      if (trouble.exitCode === 0) return exits.done
      return json ? tell({ code: 'usage', title: trouble.message.replace(/^error: /, '') }, exits.usage) : exits.usage
    }
    if (trouble instanceof Refusal || trouble instanceof Fault) return tell(trouble.told, trouble.exit)
    const name = trouble instanceof Error ? `${trouble.name}: ${trouble.message}` : String(trouble)
    return tell({ code: 'fault', title: `this failed, and it is not your fault (${name})` }, exits.fault)
  }
}
