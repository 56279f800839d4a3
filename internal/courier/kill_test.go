package courier_test

const childRole = "SYMBOLON_COURIER_TEST_CHILD"

func beChild() int { return 0 }
