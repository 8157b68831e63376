import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { drawDemo, type Recording, recordingOf, shown } from '../../local/demo/picture.ts'
import { read, root } from '../support/repository.ts'
import { inBrowser, launchBrowser } from './support/browser.ts'

/** The moving picture of the first page, which is drawn from a recording of the demo. */

const recording = JSON.parse(read('docs/pictures/demo.json')) as Recording
const picture = drawDemo(recording)
const folder = process.env['HOTWORK_PICTURES']
if (folder !== undefined) writeFileSync(join(root, folder, 'demo.svg'), picture)

test('the picture in the tree is the one that is drawn from the recording', () => {
  expect(read('docs/pictures/demo.svg')).toBe(picture)
  expect(picture.length).toBeLessThan(10_000)
})

test('a recording has the findings of the story without ids and times, and needs all of them', () => {
  const told = [
    { expected: 'the request waits at tier 2, for the owner first and sre then', found: 'req_ab12 pending, tier 2' },
    {
      expected: 'completed: the same AWS credentials are refused by IAM, long before they expire',
      found: 'refused 2409 ms after, at try 20: no',
    },
  ]
  expect(() => recordingOf(told)).toThrow('did not tell: checkout in prod is unhealthy')
  const all = [...told, ...Object.values(shown).map((expected) => ({ expected, found: 'sha-256:9_z' }))]
  expect(recordingOf(all)).toMatchObject({
    asked: 'req_… pending, tier 2',
    dead: 'refused soon after: no',
    first: 'sha-256:…',
  })
})

inBrowser('the picture', () => {
  let browser: Browser
  let page: Page
  beforeAll(async () => {
    browser = await launchBrowser()
    page = await browser.newPage({ viewport: { width: 900, height: 360 } })
    await page.goto(`file://${join(root, 'docs/pictures/demo.svg')}`)
  })
  afterAll(() => browser.close())

  /** The texts that are seen at a second. */
  const seenAt = (second: number): Promise<string[]> =>
    page.evaluate(`{
      for (const each of document.getAnimations()) {
        each.pause()
        each.currentTime = ${second * 1000}
      }
      const isSeen = (of) => of === null || (getComputedStyle(of).opacity > 0.5 && isSeen(of.parentElement))
      Array.from(document.querySelectorAll('text')).filter(isSeen).map((of) => of.textContent)
    }`)

  test('two people click Approve on one card, and the same call is refused once the task is done', async () => {
    expect(await seenAt(5.9)).toEqual(
      expect.arrayContaining(['Ben, an owner', 'Approve', 'Waiting for owner: 0 of 1 approved, then sre']),
    )
    expect(await seenAt(9.3)).toEqual(
      expect.arrayContaining(['Eve, of sre', 'Approve', 'Waiting for sre: 0 of 1 approved']),
    )
    const end = await seenAt(19.9)
    expect(end).toEqual(
      expect.arrayContaining(['Completed: succeeded', '✓ person:ben for owner', '✓ person:eve for sre']),
    )
    expect(end.join(' ')).toMatch(/the same once more .*with an explicit deny/)
    expect(end).not.toContain('Approve')
  })

  test('people who want no motion see the end', async () => {
    await page.emulateMedia({ reducedMotion: 'reduce' })
    expect(await seenAt(0)).toEqual(expect.arrayContaining(['Completed: succeeded', '✓ person:eve for sre']))
    expect(await seenAt(0)).not.toContain('Approve')
    await page.emulateMedia({ reducedMotion: null })
  })

  test('no text leaves its half of the picture', async () => {
    const outside = `['.term', '.card'].flatMap((name) => {
      const half = document.querySelector(name)
      const most = half.querySelector('rect').getBoundingClientRect()
      const isOut = ({ right, bottom }) => right > most.right || bottom > most.bottom
      return Array.from(half.querySelectorAll('text')).filter((of) => isOut(of.getBoundingClientRect()))
    }).length`
    expect(await page.evaluate(outside)).toBe(0)
  })
})
