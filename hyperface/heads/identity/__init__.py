"""Who a person is: some 200 numbers, the colours that follow from them, and the embedding that is expected of them."""
