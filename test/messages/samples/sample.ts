/** Example calls of every function of src/messages/, from which its snapshots are made; see ../every-sentence.test.ts. */

/** What people of outside write: as it is for the snapshot, made hostile to see that it stays harmless. */
export type Outside = (text: string) => string;

type Called = (...args: never[]) => unknown;

/** Of each function of a module its example calls, each by what it is about. A file of samples has the name of its module. */
export type Samples<Module> = {
  [Name in keyof Module as Module[Name] extends Called ? Name : never]: Record<
    string,
    (o: Outside) => Module[Name] extends Called ? Parameters<Module[Name]> : never
  >;
};
