"""Chapter 27, "What came after": the checkers of the chapter."""

from tinyaudio.exercises.flow_pair import check_flow_pair as check_flow_pair
from tinyaudio.exercises.residual_codes import check_residual_codes as check_residual_codes
from tinyaudio.exercises.residual_quantize import check_residual_quantize as check_residual_quantize
from tinyaudio.exercises.token_inputs import check_token_inputs as check_token_inputs
