import Testing

@testable import ProgramToolchain

struct TemplateTests {
  @Test func placeholdersAreNamesInBraces() {
    #expect(Template("-I{runtime}/x/{cc}").placeholders == ["runtime", "cc"])
    #expect(Template("{opt-level}").onlyPlaceholder == "opt-level")
    #expect(Template("x{input}").onlyPlaceholder == nil)
    #expect(Template("{").placeholders == [])
    #expect(Template("{}{A}{a b}}").placeholders == [])
    #expect(Template("{{a}").placeholders == ["a"])
  }

  @Test func everythingElseIsText() {
    #expect(Template("-I{runtime}/{x}").filled(["runtime": "/r"]) == "-I/r/{x}")
    #expect(Template("{}{A}{{a}}").filled(["a": "{b}", "b": "no"]) == "{}{A}{{b}}", "values are not looked into")
    #expect(Template("").filled([:]) == "")
  }
}
