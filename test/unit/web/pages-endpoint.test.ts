import path from 'node:path';
import express from 'express';
import supertest from 'supertest';
import { loadPageFiles, type PageFile } from '../../../src/web/page-files.js';
import { pageAddresses, pagesEndpoint } from '../../../src/web/pages-endpoint.js';
import { root } from '../../architecture/source-files.js';

let files: ReadonlyMap<string, PageFile>;
let browser: ReturnType<typeof supertest>;

beforeAll(async () => {
  files = await loadPageFiles(path.join(root, 'generated', 'pages'));
  browser = supertest(express().use(pagesEndpoint({ files, connect: ['https://issuer.example'] })));
});

const scripts = (): readonly string[] => [...files.keys()].filter((name) => name.endsWith('.js'));

test.each([...pageAddresses])(
  '%s is the document, asked for anew each time, without anything inline',
  async (address) => {
    const { status, headers, text } = await browser.get(address);
    expect({ status, cache: headers['cache-control'] }).toEqual({ status: 200, cache: 'no-cache' });
    expect(text).toMatch(/^<!doctype html>/i);
    expect(text.match(/<script(?![^>]* src="\/assets\/)[^>]*>|<style|style="| on\w+="/g)).toBeNull();
  },
);

test('the policy allows our own files and the issuers, nothing inline and no script made from text', async () => {
  const { headers } = await browser.get('/');
  const policy = headers['content-security-policy']!;
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("style-src 'self';");
  expect(policy).toContain("connect-src 'self' https://issuer.example");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).toContain("require-trusted-types-for 'script'");
  expect(policy).not.toMatch(/unsafe|\*/);
});

test('files have the hash of their content in their name and are kept for ever', async () => {
  for (const name of scripts()) {
    expect(name).toMatch(/^assets\/[a-z-]+-[\w-]{8}\.js$/);
    const { headers } = await browser.get(`/${name}`);
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8');
  }
});

test.each([
  ['br, gzip', 'br'],
  ['gzip', 'gzip'],
  ['identity', undefined],
])('Accept-Encoding %s is answered with %s', async (accepted, coding) => {
  const { headers, status } = await browser.get(`/${scripts()[0]}`).set('Accept-Encoding', accepted);
  expect({ status, coding: headers['content-encoding'] }).toEqual({ status: 200, coding });
  expect(headers['vary']).toContain('Accept-Encoding');
});

test('what the browser has already is not sent again', async () => {
  const { headers } = await browser.get('/');
  expect((await browser.get('/').set('If-None-Match', headers['etag']!)).status).toBe(304);
});

test('HEAD has no body; anything that is no page is passed on', async () => {
  expect((await browser.head('/varsler')).status).toBe(200);
  for (const address of ['/assets/../files.json', '/files.json', '/assets/none.js', '/index.html', '/etc/passwd'])
    expect([address, (await browser.get(address)).status]).toEqual([address, 404]);
  expect((await browser.post('/')).status).toBe(404);
});

test('all scripts together are less than 150 kB, packed', () => {
  const size = scripts().reduce((sum, name) => sum + files.get(name)!.bodies.gzip.length, 0);
  expect(size).toBeGreaterThan(20_000);
  expect(size).toBeLessThan(150_000);
});
