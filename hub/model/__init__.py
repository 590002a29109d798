"""The words of the house: what an OKR is, and its arithmetic. Pure: values and `now` in, values out."""
