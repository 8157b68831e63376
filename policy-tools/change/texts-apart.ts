// Rules: test/policies/changes/diff-files.test.ts
import { defined } from '../../functions/domain/values.ts'

/** Printable ASCII, and one character outside it. */
const characters = [...Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)), 'é']
const usual = ['', 'a', 'A', '1', '/a', 'a/b', 'a:1', 'a.b', 'a-b', 'a_b', '#a', ':a', 'a@b', 'aa', 'a1']
const mostRepeats = 64

/**
 * Texts that only one of the two patterns matches, searched among some thousands: words of the patterns, with each
 * character in them, repeated as often as the patterns count. If none is found, the patterns may still differ.
 */
export function textsApart(from: string, to: string): { gained?: string; lost?: string } {
  const [before, after] = [new RegExp(from, 'u'), new RegExp(to, 'u')]
  const texts = textsFor(from + to, [before, after])
  const gained = texts.find((text) => after.test(text) && !before.test(text))
  const lost = texts.find((text) => before.test(text) && !after.test(text))
  return defined({ gained, lost })
}

function textsFor(sources: string, patterns: readonly RegExp[]): readonly string[] {
  const words = [...new Set(sources.match(/[A-Za-z]{2,}/g))]
  const bases = [...usual, ...words, ...words.flatMap((word) => [`${word}/a`, `/${word}`, `${word}-a`, `${word}:a`])]
  const counts = [...new Set(sources.match(/\d+/g))].flatMap((count) => [Number(count), Number(count) + 1])
  const taken = bases.filter((text) => patterns.some((pattern) => pattern.test(text))).slice(0, 12)
  const varied = (taken.length > 0 ? taken : bases).flatMap((text) => [
    ...counts.filter((count) => count <= mostRepeats).map((count) => text.repeat(count)),
    ...characters.flatMap((one) => [text + one, one + text, `${text}${one}${text}`]),
  ])
  return [...new Set([...bases, ...varied])]
}
