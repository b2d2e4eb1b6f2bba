// What is refused, by the class names of sealed/errors.py; the words are the page's.

export class Fault extends Error {
  // code: a class name of sealed/errors.py. facts: what that class carries.
  constructor(code, facts = {}) {
    super(code);
    this.code = code;
    this.facts = facts;
  }
}
