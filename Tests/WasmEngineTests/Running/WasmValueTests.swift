import Testing

@testable import WasmEngine

struct WasmValueTests {
  @Test(arguments: [
    ("0", NumberType.i32, WasmValue.i32(0)), ("-1", .i32, .i32(-1)), ("+7", .i32, .i32(7)),
    ("2147483647", .i32, .i32(.max)), ("-2147483648", .i32, .i32(.min)), ("4294967295", .i32, .i32(-1)),
    ("0xff", .i32, .i32(255)), ("-0X10", .i32, .i32(-16)), ("18446744073709551615", .i64, .i64(-1)),
    ("-9223372036854775808", .i64, .i64(.min)), ("1.5", .f32, .f32(1.5)), ("-inf", .f64, .f64(-.infinity)),
    ("1e3", .f64, .f64(1000)), ("0x1p-1", .f64, .f64(0.5)),
  ])
  func readsWhatPeopleWrite(_ text: String, _ type: NumberType, _ value: WasmValue) {
    #expect(WasmValue(text, as: type) == value)
    #expect(value.type == type)
  }

  @Test(arguments: [
    ("", NumberType.i32), ("-", .i32), ("--1", .i32), ("+-1", .i32), ("1.0", .i32), ("1 ", .i32), ("0x", .i32),
    ("0x-1", .i32), ("x", .i32), ("4294967296", .i32), ("-2147483649", .i32), ("18446744073709551616", .i64),
    ("-9223372036854775809", .i64), ("", .f32), ("one", .f64), ("1,5", .f64),
  ])
  func refusesWhatTheTypeCannotHold(_ text: String, _ type: NumberType) {
    #expect(WasmValue(text, as: type) == nil)
  }

  @Test func isWrittenSoThatItIsReadAgain() {
    for value in [
      WasmValue.i32(.min), .i64(.max), .f32(0.1), .f64(1.0 / 3), .f64(-.infinity), .f32(.leastNonzeroMagnitude),
    ] {
      #expect(WasmValue(value.description, as: value.type) == value)
    }
    #expect(WasmValue.f64(.nan).description == "nan")
  }
}
