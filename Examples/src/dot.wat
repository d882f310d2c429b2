;; The dot product of two vectors of 16-bit numbers, eight numbers at a time with SIMD. The caller writes the vectors
;; into the memory and passes their addresses; the count must be a multiple of eight.
(module
  (memory (export "memory") 1)

  (func (export "dot") (param $a i32) (param $b i32) (param $count i32) (result i32)
    (local $end i32)
    (local $sums v128)
    (local.set $end (i32.add (local.get $a) (i32.shl (local.get $count) (i32.const 1))))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $a) (local.get $end)))
        (local.set $sums
          (i32x4.add
            (local.get $sums)
            (i32x4.dot_i16x8_s (v128.load (local.get $a)) (v128.load (local.get $b)))))
        (local.set $a (i32.add (local.get $a) (i32.const 16)))
        (local.set $b (i32.add (local.get $b) (i32.const 16)))
        (br $next)))
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $sums)) (i32x4.extract_lane 1 (local.get $sums)))
      (i32.add (i32x4.extract_lane 2 (local.get $sums)) (i32x4.extract_lane 3 (local.get $sums))))))
