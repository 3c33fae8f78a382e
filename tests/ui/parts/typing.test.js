import assert from 'node:assert/strict';
import test from 'node:test';
import { finished } from '../../../hyperface/ui/parts/typing.js';

test('a number within its range is taken as it is', () => {
  assert.equal(finished('700', '10', '10000', '500'), '700');
  assert.equal(finished('0.5', '', '', ''), '0.5');
});

test('a number outside of the range is the nearest within', () => {
  assert.equal(finished('7', '10', '10000', '500'), '10');
  assert.equal(finished('99999', '10', '10000', '500'), '10000');
  assert.equal(finished('-1', '0', '', '4'), '0');
});

test('an empty slider keeps what it held, and an empty field may be empty', () => {
  assert.equal(finished('', '10', '10000', '500'), '500');
  assert.equal(finished('', '', '', '500'), '');
  assert.equal(finished('', '0', '', '4'), '');
});
