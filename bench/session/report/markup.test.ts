import { describe, expect, it } from 'vitest';
import { html } from './markup';

describe('html', () => {
  it('escapes what it is given', () => {
    const hostile = `</style><script>alert("&'")</script>`;
    expect(html`<p title="${hostile}">${hostile}</p>`.text.match(/[<>"]/g)).toHaveLength(
      '<"">'.length + '</>'.length - 1,
    );
    expect(html`${'<&>'}`.text).toBe('&lt;&amp;&gt;');
  });

  it('takes markup as it is, in lists too', () => {
    expect(html`<ul>${['a<b', 1].map((each) => html`<li>${each}</li>`)}</ul>`.text).toBe(
      '<ul><li>a&lt;b</li><li>1</li></ul>',
    );
  });

  it('writes a zero', () => {
    expect(html`${0}`.text).toBe('0');
  });
});
