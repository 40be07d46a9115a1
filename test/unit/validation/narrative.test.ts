import { narrativeProblem } from '../../../src/validation/narrative.js';

const div = (inside: string, attributes = ''): string =>
  `<div xmlns="http://www.w3.org/1999/xhtml"${attributes}>${inside}</div>`;

test.each([
  div('x'),
  `\n  ${div('x')}\n`,
  div('<p>a<br/>b<br /></p><ul><li>c</li></ul>'),
  div('<table class="grid" border="1"><tbody><tr><td colspan="2">x</td></tr></tbody></table>'),
  div('<img src="#a" alt=""/>'),
  div('<img src="data:image/png;base64,AAAA" alt=""/>'),
  div("<a href='https://x.example?a=1&amp;b=2' title='ø'>æ</a>"),
  div('<!-- note -->x'),
  div('&lt;script&gt; 1 &#160; &#xA0;'),
  div('x > y'),
  div('x', ' lang="nb" xml:lang="nb"'),
])('%j is a narrative', (text) => {
  expect(narrativeProblem(text)).toBeUndefined();
});

test.each([
  ['no markup', 'x', 'one <div>'],
  ['another element', '<p xmlns="http://www.w3.org/1999/xhtml">x</p>', 'one <div>'],
  ['no namespace', '<div>x</div>', 'needs xmlns'],
  ['another namespace', '<div xmlns="http://x.example">x</div>', 'namespace'],
  ['text after it', `${div('x')}y`, 'nothing after it'],
  ['an element after it', `${div('x')}<p>y</p>`, 'nothing after it'],
  ['no text', div('  \n '), 'txt-2'],
  ['no text, only elements', div('<p><b/></p>'), 'txt-2'],
  ['an open element', div('<p>x'), 'does not fit'],
  ['crossed elements', div('<b><i>x</b></i>'), 'does not fit'],
  ['an end of nothing', div('x</p>'), 'does not fit'],
  ['a missing end', '<div xmlns="http://www.w3.org/1999/xhtml">x', 'before its <div> is closed'],
  ['an attribute without quotes', div('<p class=a>x</p>'), 'well-formed'],
  ['an attribute without value', div('<td nowrap>x</td>'), 'well-formed'],
  ['an attribute twice', div('<p class="a" class="b">x</p>'), 'twice'],
  ['a bare <', div('1 < 2'), 'well-formed'],
  ['a bare &', div('a & b'), 'no entity'],
  ['an entity of HTML', div('a&nbsp;b'), 'no entity'],
  ['a document type', `<!DOCTYPE html>${div('x')}`, 'one <div>'],
  ['CDATA', div('<![CDATA[x]]>'), 'well-formed'],
  ['a processing instruction', div('<?x?>'), 'well-formed'],
  ['an open comment', div('<!-- x'), 'comment'],
  ['a script', div('<script>x</script>'), 'txt-1'],
  ['a script in upper case', div('<SCRIPT>x</SCRIPT>'), 'txt-1'],
  ['a form', div('<form><input/></form>'), 'txt-1'],
  ['a frame', div('<iframe src="x"/>'), 'txt-1'],
  ['an object', div('<object/>'), 'txt-1'],
  ['a style sheet', div('<style>p{}</style>'), 'txt-1'],
  ['SVG', div('<svg/>'), 'txt-1'],
  ['an event', div('<p onclick="x">x</p>'), 'txt-1'],
  ['an event on the div', div('x', ' onload="x"'), 'txt-1'],
  ['a script as link', div('<a href="javascript:x">x</a>'), 'runs a script'],
  ['a script as link, hidden', div('<a href=" java&#10;script:x">x</a>'), 'runs a script'],
  ['a script as link, disguised', div('<a href="&#x6A;avascript:x">x</a>'), 'runs a script'],
  ['a document as link', div('<a href="data:text/html,x">x</a>'), 'runs a script'],
  ['a drawing as image', div('<img src="data:image/svg+xml,x" alt=""/>'), 'runs a script'],
])('%s is refused', (_title, text, says) => {
  expect(narrativeProblem(text)).toContain(says);
});

test.each([
  ['open tags', '<div xmlns="http://www.w3.org/1999/xhtml">' + '<b>'.repeat(300_000)],
  ['attributes', `<div ${'a="b" '.repeat(200_000)}`],
  ['blanks', `<div ${' '.repeat(1_000_000)}`],
  ['comments', div('<!--'.repeat(250_000))],
  ['one long comment', div(`<!--${'x'.repeat(1_000_000)}-->x`)],
  ['entities', div('&amp;'.repeat(200_000))],
  ['quotes', `<div xmlns='${'"'.repeat(1_000_000)}`],
])('a megabyte of %s takes little time', (_title, text) => {
  const start = process.cpuUsage().user;
  narrativeProblem(text);
  expect(process.cpuUsage().user - start).toBeLessThan(1_000_000);
});
