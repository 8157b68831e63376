// Rules: test/client/command-line/examples.test.ts
import { type Command, Option } from 'commander'
import { Api } from '../api.ts'
import type { Context } from '../context.ts'
import { readSettings } from '../settings.ts'
import { ownPath, type Surroundings } from '../surroundings.ts'
import { examplesOf } from './examples.ts'

/** Shared by the files that register the verbs of a noun. */
export type Frame = {
  surroundings: Surroundings
  /** Sets the exit code. */
  done(exit: number): void
  /** Adds a verb with the common options, and with its examples in its help. */
  verb(parent: Command, name: string, description: string): Command
  /** The context of a person's verb, by its options. It does not log in yet. */
  contextOf(typed: Common): Context
  /** Wraps a person's verb: `typed` has its options, and its arguments by name. Returns the exit code. */
  act<T>(run: (typed: T, context: Context) => Promise<number>): (...given: unknown[]) => Promise<void>
}

export const makeFrame = (surroundings: Surroundings, done: (exit: number) => void): Frame => ({
  surroundings,
  done,
  contextOf: (typed) => contextOf(typed, surroundings),
  verb: (parent, name, description) => {
    const command = parent.command(name)
    const path = pathOf(command)
    return command
      .description(description)
      .addOption(new Option('--api <url>', 'the address of Hotwork; default HOTWORK_API, then the local stack'))
      .addOption(
        new Option('--as <who>', 'on the local stack: the person you act as, such as person:jade; default HOTWORK_AS'),
      )
      .option('--json', 'print the result as JSON', false)
      .showHelpAfterError(`(\`npx --no-install hotwork ${path} --help\` lists the options, with an example)`)
      .addHelpText('after', () => helpOf(path, surroundings))
  },
  act:
    <T>(run: (typed: T, context: Context) => Promise<number>) =>
    async (...given) => {
      const typed = typedOf<T & Common>(given)
      done(await run(typed, contextOf(typed, surroundings)))
    },
})

function contextOf(typed: Common, surroundings: Surroundings): Context {
  const settings = readSettings(typed, surroundings)
  return { api: new Api(settings.apiUrl, settings.login, surroundings), settings, surroundings, json: typed.json }
}

type Common = { api?: string; as?: string; json: boolean }

/** Commander passes a verb's arguments in order, then its options, then the command. */
export function typedOf<T>(given: readonly unknown[]): T {
  const command = given.at(-1) as Command
  const named = command.registeredArguments.map((argument, index) => [argument.name(), given[index]] as const)
  return { ...(given.at(-2) as object), ...Object.fromEntries(named) } as T
}

/** A verb's words without the program's name: `break-glass start`. */
export function pathOf(command: Command): string {
  const words: string[] = []
  for (let each: Command | null = command; each?.parent; each = each.parent) words.unshift(each.name())
  return words.join(' ')
}

/** Replaces the paths of files that come with this program by their paths here. */
export function helpOf(path: string, surroundings: Pick<Surroundings, 'program' | 'folder'>): string {
  const all = examplesOf(path).map(
    (line) =>
      `  npx --no-install hotwork ${line.replaceAll(/\bexamples\/[\w./-]+/g, (own) => ownPath(own, surroundings))}`,
  )
  return all.length === 0 ? '' : `\n${all.length === 1 ? 'Example' : 'Examples'}:\n${all.join('\n')}\n`
}
