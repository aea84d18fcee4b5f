import { beforeEach, describe, expect, it } from 'vitest';
import { PATIENCE_MS, PostingRule, RETRY_MS, type Situation, STANDING_PATIENCE_MS } from './posting-rule';

const apart: Situation = { filming: true, viewerPresent: true, direct: false };
const direct: Situation = { ...apart, direct: true };
const NOW = 50_000;

let rule: PostingRule;
beforeEach(() => {
  rule = new PostingRule();
});

/** Pictures are posted, to somebody who listens. */
function post(): void {
  rule.note(apart, NOW - PATIENCE_MS);
  rule.answered(true, NOW);
  expect(rule.due).toBe(NOW);
}

describe('PostingRule', () => {
  it('gives the direct connection five seconds from the first moment that it could be', () => {
    rule.note({ ...apart, filming: false }, NOW - 60_000);
    expect(rule.due).toBeNull();
    rule.note(apart, NOW);
    // Every further try is news, and no new beginning.
    rule.note(apart, NOW + 3000);
    expect(rule.due).toBe(NOW + 5000);
  });

  it('posts nothing where the direct connection comes in time', () => {
    rule.note(apart, NOW);
    rule.note(direct, NOW + 4999);
    expect(rule.due).toBeNull();
  });

  it('posts at once when it is asked, whatever it thinks of the connection itself', () => {
    rule.note(direct, NOW);
    rule.asked(NOW + 10);
    expect(rule.due).toBe(NOW + 10);
    rule.note(apart, NOW + 20);
    expect(rule.due).toBe(NOW + 10);
  });

  it('counts a connection that breaks from the break', () => {
    rule.note(direct, NOW);
    rule.note(apart, NOW + 9000);
    expect(rule.due).toBe(NOW + 9000 + PATIENCE_MS);
  });

  it('goes on beside a direct connection until nobody listens, and then ends', () => {
    post();
    rule.note(direct, NOW + 100);
    expect(rule.due).toBe(NOW);
    rule.answered(true, NOW + 200);
    expect(rule.due).toBe(NOW);
    rule.answered(false, NOW + 300);
    expect(rule.due).toBeNull();
  });

  it('looks now and then whether somebody listens while there is no direct connection', () => {
    post();
    rule.answered(false, NOW + 100);
    expect(rule.due).toBe(NOW + 100 + RETRY_MS);
    rule.asked(NOW + 200);
    expect(rule.due).toBe(NOW + 200);
  });

  it('a pause ends when the direct connection comes', () => {
    post();
    rule.answered(false, NOW);
    rule.note(direct, NOW + 1);
    expect(rule.due).toBeNull();
  });

  describe.each<Partial<Situation>>([{ filming: false }, { viewerPresent: false }])('with %o', (news) => {
    const paused: Situation = { ...apart, ...news };

    it('ends at once', () => {
      post();
      rule.note(paused, NOW + 1);
      expect(rule.due).toBeNull();
      rule.asked(NOW + 2);
      // The answer to a picture that was still on its way.
      rule.answered(false, NOW + 3);
      expect(rule.due).toBeNull();
    });

    it('goes on at once where it was relayed before', () => {
      post();
      rule.note(paused, NOW + 1);
      rule.note(apart, NOW + 30_000);
      expect(rule.due).toBe(NOW + 30_000);
    });

    it('is asked meanwhile: posts at once after it', () => {
      rule.note(direct, NOW);
      rule.note({ ...paused, direct: false }, NOW + 1);
      rule.asked(NOW + 2);
      rule.note(apart, NOW + 30_000);
      expect(rule.due).toBe(NOW + 30_000);
    });

    it('is asked meanwhile: a connection that stands has a moment to carry again', () => {
      rule.note(direct, NOW);
      rule.note({ ...direct, ...news }, NOW + 1);
      rule.asked(NOW + 2);
      rule.note(direct, NOW + 30_000);
      const due = NOW + 30_000 + STANDING_PATIENCE_MS;
      expect(rule.due).toBe(due);
      rule.answered(false, due + 100);
      expect(rule.due, 'it carries').toBeNull();
    });

    it('is asked again after it: the connection carries nothing', () => {
      rule.note(direct, NOW);
      rule.note({ ...direct, ...news }, NOW + 1);
      rule.asked(NOW + 2);
      rule.note(direct, NOW + 30_000);
      rule.asked(NOW + 30_100);
      expect(rule.due).toBe(NOW + 30_100);
    });

    it('is patient again where the direct connection has come since', () => {
      post();
      rule.note({ ...paused, direct: true }, NOW + 1);
      rule.note(paused, NOW + 2);
      rule.note(apart, NOW + 3);
      expect(rule.due).toBe(NOW + 3 + PATIENCE_MS);
    });
  });
});
