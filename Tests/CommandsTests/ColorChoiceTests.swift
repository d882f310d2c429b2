import SystemPackage
import Testing

@testable import Commands

struct ColorChoiceTests {
  /// Of a terminal there is a test with a real one.
  private func isColored(_ choice: ColorChoice, _ variables: [String: String]) throws -> Bool {
    let file = try FileDescriptor.open("/dev/null", .writeOnly)
    return try file.closeAfter { choice.isColored(on: Output(descriptor: file)) { variables[$0] } }
  }

  @Test func whatTheUserSaysCountsFirst() throws {
    #expect(try isColored(.always, ["NO_COLOR": "1", "CLICOLOR": "0"]))
    #expect(try !isColored(.never, ["CLICOLOR_FORCE": "1"]))
  }

  @Test func variablesCountInTheirOrder() throws {
    #expect(try !isColored(.auto, [:]), "no terminal")
    #expect(try isColored(.auto, ["CLICOLOR_FORCE": "1"]))
    #expect(try !isColored(.auto, ["CLICOLOR_FORCE": "0"]))
    #expect(try !isColored(.auto, ["CLICOLOR_FORCE": "1", "NO_COLOR": "1"]))
    #expect(try isColored(.auto, ["CLICOLOR_FORCE": "1", "CLICOLOR": "0"]))
    #expect(try !isColored(.auto, ["CLICOLOR": "1"]), "no terminal")
  }

  @Test func messagesAreTheSameWithoutColour() {
    #expect(Palette.plain.error("a", "b") == "a: error: b")
    #expect(Palette.plain.warning("a", "b") == "a: warning: b")
    let colored = Palette(isColored: true)
    #expect(colored.error("a", "b") == "\u{1b}[1ma\u{1b}[0m: \u{1b}[1;31merror:\u{1b}[0m b")
    #expect(colored.warning("a", "b") == "\u{1b}[1ma\u{1b}[0m: \u{1b}[1;33mwarning:\u{1b}[0m b")
    #expect(colored.done("compiled") == "\u{1b}[32mcompiled\u{1b}[0m")
  }
}
