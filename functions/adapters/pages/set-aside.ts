// Rules: test/http/history-page.test.ts
import type { NumericDate, RequestId } from '../../domain/values.ts'
import { form, type Html, html, type Reader } from './layout.ts'
import { time } from './words.ts'

/** "Not now": the request stays pending, and leaves this person's own list for a while. */
export const asideForm = (id: RequestId, { csrf }: Reader, zone: string): Html =>
  form(
    `/decide/${id}`,
    { csrf },
    html`<h3>Not now</h3>
<p class="hint" id="aside-hint">Nothing is decided, and others see no difference. It comes back by itself, 15 minutes before it is due at the latest, or when it changes.</p>
<label for="aside">Set it aside</label>
<select id="aside" name="aside" aria-describedby="aside-hint">
<option value="hour">for an hour</option>
<option value="morning">until the next 09:00 ${zone}</option>
<option value="due">until 15 minutes before it is due</option>
</select>
<button>Set aside</button>`,
  )

export const backForm = (id: RequestId, until: NumericDate, now: NumericDate, { csrf }: Reader): Html =>
  form(
    `/decide/${id}`,
    { csrf, aside: 'back' },
    html`<span class="soft">Set aside until ${time(until, now)}</span> <button>Bring it back</button>`,
    '',
  )
