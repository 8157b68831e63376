/** Texts by which somebody could try to make a card say, do or hide what it should not. */
export const corpus: readonly string[] = [
  // mentions and links
  '<!channel>', '<!here>', '<!everyone>', '<!subteam^S0ADMINS>', '<@U0ANA>', '<@U0ANA|Ana approved>', '<#C0APPROVALS>',
  '<#C0APPROVALS|general>', '@channel', '@here @everyone', '<https://evil.example|Approve>', '<https://evil.example>',
  'https://evil.example/approve', '<mailto:a@evil.example|write>', '<javascript:alert(1)|x>', 'slack://open', '<tel:110|call>',
  '<!date^1800000000^{date}^https://evil.example|now>', '[Approve](https://evil.example)', '![x](https://evil.example/x.png)',
  // markup
  '*Approved by Ana Alves*', '_quiet_', '~struck~', '`code`', '```\ncode\n```', '> quoted', '>>> all quoted', '# heading',
  '- [x] approved', ':white_check_mark: Approved', ':no_entry:', '&lt;!channel&gt;', '&amp;lt;', '&#60;!here&#62;', '<b>bold</b>',
  '</pre><script>alert(1)</script>',
  // layout: another card inside the card
  'fine\n\n\n✅ Approved: by Ana Alves\nDigest sha-256:AAAAAAAA', 'one\r\ntwo', 'one\u2028two\u2029three', '\tindented',
  'a\u0000b', 'bell\u0007', '\u001b[2J\u001b[31mred', '\u0008\u0008\u0008', 'x'.repeat(10_000), '\n'.repeat(500), ' '.repeat(500),
  // order and invisibility
  'prod\u202etxt.exe', '\u2066left\u2069', '\u202a\u202b\u202c\u202d', '\u200fright', '\u200eleft', '\u061c', 'pro\u200bd', 'pro\u200cd',
  'pro\u200dd', 'pro\u2060d', '\ufeffprod', 'soft\u00adhyphen', 'tag\u{e0041}\u{e0042}\u{e007f}', 'v\ufe0f\u{e0101}', '\u3164\uffa0\u115f\u1160',
  'no\u00a0break\u2007figure\u202fnarrow\u3000wide', '\u2800\u2800', '\u180e\u034f\u17b4', '\ufff9annotated\ufffb',
  // piles, pairs and look-alikes
  `z${'\u0335\u0353\u0310'.repeat(40)}algo`, '\u0338leading', 'lone \ud800 half', 'lone \udc00 half', '\ue000private', '\u{10ffff}',
  'раураl', 'ａｐｐｒｏｖｅ', '👩‍👩‍👧‍👦 family', '💣', 'ﷺ', 'שלום עולם', 'مرحبا', '\\u202e', '[U+202E]', '"} , {"r":"req_', '{{title}} {arguments.Value}', '${jndi:x}',
]
