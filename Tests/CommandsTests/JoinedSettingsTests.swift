import Testing

@testable import Commands

struct JoinedSettingsTests {
  @Test(arguments: [
    ("-Wfuel=1 a.wasm", "-W fuel=1 a.wasm"),
    ("a -Omemory-reservation=0 -Ccollector=drc", "a -O memory-reservation=0 -C collector=drc"),
    ("path -Ddebug-info=y a", "path -D debug-info=y a"),
    // The parser takes these by itself, or they are no settings.
    ("-Wfuel -W fuel=1 -j3 -O=1 --wasm=fuel=1 -W1=2 -xa=b", "-Wfuel -W fuel=1 -j3 -O=1 --wasm=fuel=1 -W1=2 -xa=b"),
    ("-- -Wfuel=1", "-- -Wfuel=1"),
    // What follows a program is the program's.
    ("run -Wfuel=1 a.wasm -Wfuel=1", "run -W fuel=1 a.wasm -Wfuel=1"), ("run --cold a -Wx=1", "run --cold a -Wx=1"),
    ("", ""),
  ])
  func onlyOurSettingsAreTakenApart(_ typed: String, _ parsed: String) {
    func words(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }
    #expect(JoinedSettings.separated(words(typed)) == words(parsed))
  }
}
